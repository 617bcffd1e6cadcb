/*
 * Words used throughout, each with one meaning:
 *   handler    the function from Request to Response
 *   offer      what a 402 asks for
 *   payment    what a PAYMENT-SIGNATURE header carries
 *   grant      what the buyer receives
 *   problem    a failure as it is told to a caller
 */
export type { Seller } from '@key0/checkout'
export { createHttpHandler, type HttpHandler } from '../createHttpHandler.ts'
export type { DiscoveryOptions, Surface, TokenInfo } from '../discovery/Discovery.ts'
export type { HttpEvent, HttpHandlerOptions, Limits } from '../HttpOptions.ts'
export { httpStatus } from '../problem.ts'
export { toRequest } from '../request/toRequest.ts'
export type { Resources } from '../resource/answerRoute.ts'
export type { DeliveryLimits, Incoming, ResourceSale } from '../resource/ResourceSale.ts'

/*
 * Words used throughout, each with one meaning:
 *   card      what an agent says of itself, with what is for sale
 *   message   what a client sends
 *   task      one challenge, as A2A shows it
 *   view      what a task is to say, before it is written down
 *   name      what a task's id says
 */
export type { A2aEvent, A2aHandlerOptions } from '../A2aOptions.ts'
export { type A2aHandler, createA2aHandler } from '../createA2aHandler.ts'
export { x402Extensions } from '../extensions.ts'

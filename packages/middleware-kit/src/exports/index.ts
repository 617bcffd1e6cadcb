/*
 * What the middleware of every framework shares. Sellers install the package of their framework;
 * this one is for those that make a package for another.
 */
export { createTokenGate, type Verdict } from '../createTokenGate.ts'
export { createListener, type NodeListener, type NodeRequest } from '../node/createListener.ts'
export { keepRawBody } from '../node/provideBody.ts'
export { type NodeRoute, serveRoute } from '../node/serveRoute.ts'
export type { Key0Source, Opened } from '../openKey0.ts'
export { type GateShop, openGate, openShop, type Shop } from '../openShop.ts'
export { readPrefix, unmountUrl } from '../readPrefix.ts'
export type { Key0Payment, PaidRoute, RouteGate, Serve } from '../route/createRouteGate.ts'
export { callerOfEnv } from '../web/callerOfEnv.ts'
export { type ReadingRequest, rereadWebBody } from '../web/rereadBody.ts'

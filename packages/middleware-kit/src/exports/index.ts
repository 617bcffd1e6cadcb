/*
 * What the middleware of every framework shares. Sellers install the package of their framework;
 * this one is for those that make a package for another.
 */
export { createTokenGate, type Verdict } from '../createTokenGate.ts'
export { createListener, type NodeListener, type NodeRequest } from '../node/createListener.ts'
export { keepRawBody } from '../node/provideBody.ts'
export { type Key0Source, type Opened, openKey0 } from '../openKey0.ts'

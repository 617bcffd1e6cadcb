/*
 * Apart from the rest, because an older Node must be able to read it.
 */
export { endWithParent, isModern, relaunch } from '../relaunch.ts'

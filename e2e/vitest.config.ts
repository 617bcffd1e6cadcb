import { shared } from '../vitest.shared.ts'

// Tests here mostly wait, for servers that start and for chains: two files at once on two cores.
export default { ...shared, test: { ...shared.test, maxWorkers: 2 } }

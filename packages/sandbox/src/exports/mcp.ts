export { createMcpAgent, type McpAgent } from '../agents/createMcpAgent.ts'
export type { AgentOptions, Bought } from '../agents/payment.ts'

export {
  type Bought,
  createMcpAgent,
  type McpAgent,
  type McpAgentOptions,
} from '../agents/createMcpAgent.ts'

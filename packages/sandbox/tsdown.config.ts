import type { UserConfig } from 'tsdown'
import { build } from '../../tsdown.shared.ts'

// Named entries: two files of different folders would otherwise keep their folders.
const config: UserConfig = {
  ...build([]),
  entry: {
    index: 'src/exports/index.ts',
    mcp: 'src/exports/mcp.ts',
    cli: 'src/cli.ts',
  },
}

export default config

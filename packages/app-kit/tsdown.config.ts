import type { UserConfig } from 'tsdown'
import { build } from '../../tsdown.shared.ts'

const config: UserConfig = build([
  'src/exports/index.ts',
  'src/exports/metrics.ts',
  'src/exports/relaunch.ts',
])

export default config

import type { UserConfig } from 'tsdown'
import { build } from '../../tsdown.shared.ts'

const config: UserConfig = build([
  'src/exports/http.ts',
  'src/exports/model.ts',
  'src/exports/store.ts',
])

export default config

import { execFile } from 'node:child_process'
import { join } from 'node:path'

/**
 * Runs one installed tool to its end.
 *
 * @returns what it printed when it failed, `undefined` when it succeeded
 */
export function runTool(
  root: string,
  name: string,
  args: readonly string[],
  directory: string = root,
): Promise<string | undefined> {
  const tool = join(root, 'node_modules/.bin', name)
  const options = { cwd: directory, maxBuffer: 64 * 1024 * 1024 }
  return new Promise((resolve) => {
    execFile(tool, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(undefined)
      else resolve(`${stdout}${stderr}`.trim() || error.message)
    })
  })
}

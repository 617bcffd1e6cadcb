import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
export const repository: string = fileURLToPath(new URL('../../', import.meta.url))

/** A user's project in a folder of its own: what an example writes is gone with it. */
export type Project = AsyncDisposable & {
  readonly folder: string
  readonly write: (name: string, source: string) => Promise<void>
  /** Runs a file of it, and returns what it printed. */
  readonly run: (name: string, env?: Readonly<Record<string, string>>) => Promise<string>
  /** What TypeScript finds in all of its files; `""`: nothing. */
  readonly check: () => Promise<string>
}

/** @param path of the package whose user this is: it finds that package, and what the package finds */
export async function openProject(path: string): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'key0-example-'))
  const home = join(repository, path)
  const { name } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as {
    readonly name: string
  }
  const found = await listModules(join(home, 'node_modules'))
  for (const [module, at] of new Map([...found, [name, home]])) {
    const link = join(folder, 'node_modules', module)
    await mkdir(dirname(link), { recursive: true })
    await symlink(at, link)
  }
  const write = (file: string, source: string) => writeFile(join(folder, file), source)
  await write('package.json', '{ "type": "module" }')
  return {
    folder,
    write,
    async run(file, env) {
      const args = ['--conditions=@key0/source', join(folder, file)]
      const options = { cwd: folder, env: { ...process.env, ...env } }
      return (await run(process.execPath, args, options)).stdout
    },
    async check() {
      const typeRoots = [join(repository, 'node_modules/@types')]
      const settings = {
        extends: join(repository, 'tsconfig.base.json'),
        // A reader's project asks for no declarations.
        compilerOptions: { isolatedDeclarations: false, declaration: false, typeRoots },
        include: ['*.ts'],
      }
      await write('tsconfig.json', JSON.stringify(settings))
      const tsc = join(repository, 'node_modules/.bin/tsc')
      return run(tsc, ['--project', folder], { cwd: folder }).then(
        () => '',
        ({ stdout }: { readonly stdout: string }) => stdout,
      )
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** The names of the modules in a `node_modules`, with where they are. */
async function listModules(folder: string): Promise<readonly (readonly [string, string])[]> {
  const entries = (await readdir(folder)).filter((entry) => !entry.startsWith('.'))
  const names = await Promise.all(
    entries.map(async (entry) =>
      entry.startsWith('@')
        ? (await readdir(join(folder, entry))).map((inner) => `${entry}/${inner}`)
        : [entry],
    ),
  )
  return names.flat().map((name) => [name, join(folder, name)] as const)
}

/** The code blocks of a document in one language, in their order. */
export async function readBlocks(path: string, language: string): Promise<readonly string[]> {
  const text = await readFile(join(repository, path), 'utf8')
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))
  return [...blocks].map(([, block = '']) => block)
}

/* Starts a program, says its process id, and waits to be killed. */
import { fileURLToPath } from 'node:url'
import { spawnProgram } from '../src/spawnProgram.ts'
import { startProgram } from '../src/startProgram.ts'

const say = (pid: number | string): void => void process.stdout.write(`${pid}\n`)

switch (process.argv[2]) {
  case 'a server':
    say(startProgram('/bin/sleep', ['600'], '/').pid)
    break
  case 'one of our programs': {
    const program = spawnProgram(fileURLToPath(import.meta.url), {})
    while (program.output() === '') await new Promise((done) => setTimeout(done, 10))
    say(program.output().trim())
    break
  }
  default:
    say(process.pid)
}
setInterval(() => {}, 60_000)

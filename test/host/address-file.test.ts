import { existsSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { expect, it } from 'vitest'
import { keepAddress, keptAddress } from '../../main/host/address-file.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()

it('tells the address while a host answers there, and to its owner alone', async () => {
  const server = createServer((_, response) => void response.end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/#token=t`
  expect(await keptAddress(folder)).toBeNull()
  const forget = keepAddress(folder, address)
  expect(await keptAddress(folder)).toBe(address)
  if (process.platform !== 'win32') expect(statSync(path.join(folder, 'address.json')).mode & 0o777).toBe(0o600)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  // Its host was killed: nothing answers.
  expect(await keptAddress(folder)).toBeNull()
  forget()
  expect(existsSync(path.join(folder, 'address.json'))).toBe(false)
})

it('goes to no other machine, and is not misled by a damaged file', async () => {
  keepAddress(folder, 'http://example.org/#token=t')
  expect(await keptAddress(folder)).toBeNull()
  writeFileSync(path.join(folder, 'address.json'), '{"address":')
  expect(await keptAddress(folder)).toBeNull()
})

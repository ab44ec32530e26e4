import react from '@vitejs/plugin-react'
import { fileURLToPath } from 'node:url'
import { readdirSync, readFileSync } from 'node:fs'
import { defineConfig, type Plugin } from 'vite'

const gateway = process.env.KITE_GATEWAY ?? 'https://localhost:8443'

/** What PdfView asks for by its name: fonts that a PDF does not bring along, the decoder of JPEG 2000. */
function pdfParts(): Plugin {
  const from = fileURLToPath(new URL('./node_modules/pdfjs-dist/', import.meta.url))
  return {
    name: 'kite-pdf-parts',
    apply: 'build',
    generateBundle() {
      const fonts = readdirSync(`${from}standard_fonts`).map((name) => `standard_fonts/${name}`)
      for (const path of [...fonts, 'wasm/openjpeg_nowasm_fallback.js', 'wasm/LICENSE_OPENJPEG']) {
        const fileName = `pdf/${path.split('/').pop()}`
        this.emitFile({ type: 'asset', fileName, source: readFileSync(from + path) })
      }
    },
  }
}

export default defineConfig({
  plugins: [react(), pdfParts()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    // Which screen loads what: the budgets are measured by it, e2e/speed.spec.ts.
    manifest: true,
    sourcemap: false,
    // The strict policy of the gateway allows no inline code.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What every screen needs, in two files that change with the packages alone.
          groups: [
            {
              name: 'react',
              test: /node_modules\/(react|react-dom|scheduler|@tanstack\/(history|react-router|router-core|query-core|react-query|store|react-store))\//,
            },
            { name: 'api', test: /node_modules\/(@bufbuild|@connectrpc|i18next|react-i18next)\// },
          ],
        },
      },
    },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: {
      '^/(kite\\.|files|evidence/|templates/|l/|codec)': {
        target: gateway,
        secure: false,
        changeOrigin: false,
      },
    },
  },
})

import js from '@eslint/js'
import hooks from 'eslint-plugin-react-hooks'
import ts from 'typescript-eslint'

export default ts.config(
  { ignores: ['dist', 'src/gen'] },
  js.configs.recommended,
  ts.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    plugins: { 'react-hooks': hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-properties': [
        'error',
        { property: 'dangerouslySetInnerHTML', message: 'Text of people is text: React shows it as such.' },
      ],
      'no-restricted-globals': [
        'error',
        { name: 'localStorage', message: 'Use app/storage: it works inside a portal frame too.' },
        { name: 'sessionStorage', message: 'Use app/storage: it works inside a portal frame too.' },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  // Measured figures are what these tests are read for.
  { files: ['e2e/**'], rules: { 'no-console': 'off', 'no-restricted-globals': 'off' } },
)

// Package deploy is no code: it is the folder of what runs filavip on machines, and of the
// tests that hold those files to what docs/deploy.md says of them.
package deploy

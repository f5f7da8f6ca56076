// Reads a compose file or a container file with the parsers that compose and BuildKit are made of, and says as JSON what
// they understood: `containers compose FILE [ENV-FILE...]`, `containers containerfile FILE`.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

func main() {
	said, err := read(os.Args[1], os.Args[2], os.Args[3:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(said)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(what, path string, environment []string) (any, error) {
	switch what {
	case "compose":
		return compose(path, environment)
	case "containerfile":
		return containerfile(path)
	}
	return nil, fmt.Errorf("compose or containerfile, not %q", what)
}

// compose reads a project with all its profiles, checked against the schema of the Compose Specification.
func compose(path string, environment []string) (any, error) {
	options, err := cli.NewProjectOptions(
		[]string{path}, cli.WithEnvFiles(environment...), cli.WithDotEnv, cli.WithProfiles([]string{"*"}),
	)
	if err != nil {
		return nil, err
	}
	return options.LoadProject(context.Background())
}

type step struct {
	Name  string   `json:"name"`
	Words []string `json:"words"`
	Shell bool     `json:"shell"`
	From  string   `json:"from"`
}

type stage struct {
	Name  string `json:"name"`
	Base  string `json:"base"`
	Steps []step `json:"steps"`
}

func containerfile(path string) (any, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	tree, err := parser.Parse(file)
	if err != nil {
		return nil, err
	}
	warnings := []string{}
	warn := func(rule, _, _, message string, _ []parser.Range) { warnings = append(warnings, rule+": "+message) }
	parsed, arguments, err := instructions.Parse(tree.AST, linter.New(&linter.Config{Warn: warn}))
	if err != nil {
		return nil, err
	}
	stages, bases := []stage{}, map[string]string{}
	for _, argument := range arguments {
		for _, pair := range argument.Args {
			bases[pair.Key] = pair.ValueString()
		}
	}
	for _, item := range parsed {
		made := stage{Name: item.Name, Base: os.Expand(item.BaseName, func(name string) string { return bases[name] })}
		for _, command := range item.Commands {
			made.Steps = append(made.Steps, stepOf(command))
		}
		stages = append(stages, made)
	}
	return map[string]any{"stages": stages, "warnings": warnings}, nil
}

func stepOf(command instructions.Command) step {
	made := step{Name: command.Name()}
	switch it := command.(type) {
	case *instructions.RunCommand:
		made.Words, made.Shell = it.CmdLine, it.PrependShell
	case *instructions.CmdCommand:
		made.Words, made.Shell = it.CmdLine, it.PrependShell
	case *instructions.EntrypointCommand:
		made.Words, made.Shell = it.CmdLine, it.PrependShell
	case *instructions.HealthCheckCommand:
		made.Words = it.Health.Test
	case *instructions.CopyCommand:
		made.Words, made.From = append(it.SourcePaths, it.DestPath), it.From
	case *instructions.EnvCommand:
		for _, pair := range it.Env {
			made.Words = append(made.Words, pair.Key, pair.Value)
		}
	case *instructions.UserCommand:
		made.Words = []string{it.User}
	case *instructions.WorkdirCommand:
		made.Words = []string{it.Path}
	}
	return made
}

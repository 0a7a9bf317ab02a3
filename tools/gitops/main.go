// Command gitops says what Argo CD and Flux would show for objects: reads them from its input, one JSON object a line, and
// prints for each what both make of it, as one JSON object a line.
//
// For Argo CD it runs the health check that -health names, in the interpreter and with the libraries that Argo CD gives to
// a health check from its ConfigMap: a program that uses more fails here as it would there.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The words that Argo CD knows; any other is shown as Unknown.
var healthWords = []string{"Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown"}

// Argo CD stops a health check that takes longer.
const longestCheck = time.Second

type answer struct {
	Argo verdict `json:"argo"`
	Flux verdict `json:"flux"`
}

type verdict struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

func main() {
	health := flag.String("health", "", "file with the health check for Argo CD")
	flag.Parse()
	if err := run(*health, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gitops:", err)
		os.Exit(1)
	}
}

func run(health string, input io.Reader, output io.Writer) error {
	check, err := os.ReadFile(health)
	if err != nil {
		return err
	}
	answers := json.NewEncoder(output)
	lines := bufio.NewReader(input)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(line); err != nil {
			return fmt.Errorf("failed to read an object: %w", err)
		}
		argo, err := argo(string(check), object)
		if err != nil {
			return fmt.Errorf("failed to run the health check on %s: %w", object.GetName(), err)
		}
		flux, err := flux(object)
		if err != nil {
			return fmt.Errorf("failed to compute the status of %s: %w", object.GetName(), err)
		}
		if err := answers.Encode(answer{Argo: argo, Flux: flux}); err != nil {
			return err
		}
	}
}

func flux(object *unstructured.Unstructured) (verdict, error) {
	result, err := status.Compute(object)
	if err != nil {
		return verdict{}, err
	}
	return verdict{Status: result.Status.String(), Message: result.Message}, nil
}

func argo(check string, object *unstructured.Unstructured) (verdict, error) {
	// It answers this itself, before it asks the check.
	if object.GetDeletionTimestamp() != nil {
		return verdict{Status: "Progressing", Message: "Pending deletion"}, nil
	}
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, library := range map[string]lua.LGFunction{
		lua.BaseLibName: lua.OpenBase,
		lua.TabLibName:  lua.OpenTable,
	} {
		if err := state.CallByParam(lua.P{Fn: state.NewFunction(library), Protect: true}, lua.LString(name)); err != nil {
			return verdict{}, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), longestCheck)
	defer cancel()
	state.SetContext(ctx)
	state.SetGlobal("obj", toLua(state, object.Object))
	if err := state.DoString(check); err != nil {
		return verdict{}, err
	}
	return healthFrom(state.Get(-1))
}

func healthFrom(returned lua.LValue) (verdict, error) {
	table, ok := returned.(*lua.LTable)
	if !ok {
		return verdict{}, fmt.Errorf("it returned a %s instead of a table", returned.Type())
	}
	var said verdict
	var unknown error
	table.ForEach(func(name, value lua.LValue) {
		switch name.String() {
		case "status":
			said.Status = value.String()
		case "message":
			said.Message = value.String()
		default:
			unknown = fmt.Errorf("it returned %s, which Argo CD does not know", name)
		}
	})
	if unknown != nil {
		return verdict{}, unknown
	}
	if !slices.Contains(healthWords, said.Status) {
		return verdict{}, fmt.Errorf("it returned the status %q, which Argo CD does not know", said.Status)
	}
	return said, nil
}

func toLua(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case bool:
		return lua.LBool(value)
	case float64:
		return lua.LNumber(value)
	case int64:
		return lua.LNumber(value)
	case string:
		return lua.LString(value)
	case []any:
		list := state.NewTable()
		for _, item := range value {
			list.Append(toLua(state, item))
		}
		return list
	case map[string]any:
		table := state.NewTable()
		for name, item := range value {
			table.RawSetString(name, toLua(state, item))
		}
		return table
	default:
		return lua.LNil
	}
}

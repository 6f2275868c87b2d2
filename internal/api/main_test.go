package api_test

import (
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/goleak"

	"github.com/filavip/filavip/internal/api"
)

func TestMain(m *testing.M) {
	huma.NewError = api.NewError
	goleak.VerifyTestMain(m)
}

package docs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCodeInTheTextsIsTheCode(t *testing.T) {
	for _, b := range blocks(t, "go") {
		if len(b.words) == 2 {
			check(t, b, read(t, b.words[1]))
			continue
		}
		require.Len(t, b.words, 3, "%v: want: go FILE, or go FILE NAME", b)
		source, err := declaration(read(t, b.words[1]), b.words[2])
		if assert.NoError(t, err, "%v: %s", b, b.words[1]) {
			check(t, b, source)
		}
	}
}

func TestDifferencesInTheTextsAreTheDifferences(t *testing.T) {
	for _, b := range blocks(t, "diff") {
		require.Len(t, b.words, 3, "%v: want: diff FILE FILE", b)
		check(t, b, unified(read(t, b.words[1]), read(t, b.words[2])))
	}
}

func TestConfigurationInTheTextsIsTheConfiguration(t *testing.T) {
	for _, b := range blocks(t, "haproxy") {
		require.GreaterOrEqual(t, len(b.words), 3, "%v: want: haproxy FILE NAME", b)
		name := strings.Join(b.words[2:], " ")
		section := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `\n(?:[ \t].*\n|\n)*`).FindString(read(t, b.words[1]))
		if assert.NotEmpty(t, section, "%v: %s has no section %q", b, b.words[1], name) {
			check(t, b, strings.TrimRight(section, "\n")+"\n")
		}
	}
}

// declaration returns the source of what is declared as name, a method as Type.Name, with its comment.
func declaration(source, name string) (string, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", source, parser.ParseComments)
	if err != nil {
		return "", err
	}
	for _, d := range file.Decls {
		if named(d, name) {
			start, end := d.Pos(), d.End()
			if doc := docOf(d); doc != nil {
				start = doc.Pos()
			}
			text := source[fset.Position(start).Offset:fset.Position(end).Offset]
			rest, _, _ := strings.Cut(source[fset.Position(end).Offset:], "\n") // a comment on its last line
			return text + rest + "\n", nil
		}
	}
	return "", fmt.Errorf("declares no %s", name)
}

func docOf(d ast.Decl) *ast.CommentGroup {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Doc
	case *ast.GenDecl:
		return d.Doc
	}
	return nil
}

// named says whether d declares name.
func named(d ast.Decl, name string) bool {
	switch d := d.(type) {
	case *ast.FuncDecl:
		full := d.Name.Name
		if d.Recv != nil {
			receiver := d.Recv.List[0].Type
			if star, ok := receiver.(*ast.StarExpr); ok {
				receiver = star.X
			}
			full = fmt.Sprint(receiver) + "." + full
		}
		return full == name
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Name.Name == name {
					return true
				}
			case *ast.ValueSpec:
				if spec.Names[0].Name == name {
					return true
				}
			}
		}
	}
	return false
}

// around is how many lines stand around a difference.
const around = 2

// unified is the difference between two texts, each line after a space, a minus or a plus, as diff -u prints it, with
// … where lines are left out.
func unified(a, b string) string {
	lines := edits(strings.Split(strings.TrimSuffix(a, "\n"), "\n"), strings.Split(strings.TrimSuffix(b, "\n"), "\n"))
	near := make([]bool, len(lines))
	for i, line := range lines {
		if line[0] != ' ' {
			for j := max(i-around, 0); j <= min(i+around, len(lines)-1); j++ {
				near[j] = true
			}
		}
	}
	var out strings.Builder
	for i, line := range lines {
		switch {
		case near[i]:
			out.WriteString(strings.TrimRight(line, " ") + "\n")
		case i > 0 && near[i-1]:
			out.WriteString(" …\n")
		case i == 0:
			out.WriteString(" …\n")
		}
	}
	return out.String()
}

// edits are the lines of both texts, by their longest common subsequence; those that go before those that come.
func edits(a, b []string) []string {
	longest := common(a, b)
	var lines []string
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			lines = append(lines, " "+a[i])
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || longest[i+1][j] >= longest[i][j+1]):
			lines = append(lines, "-"+a[i])
			i++
		default:
			lines = append(lines, "+"+b[j])
			j++
		}
	}
	return lines
}

// common returns, for each pair of places, how many lines from there on two texts have in common.
func common(a, b []string) [][]int {
	longest := make([][]int, len(a)+1)
	for i := range longest {
		longest[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	return longest
}

func TestADifferenceIsShownWithWhatStandsAroundIt(t *testing.T) {
	a := "one\ntwo\nthree\nfour\nfive\nsix\n"
	b := "one\ntwo\nthree\nfour\n5\nsix\nseven\n"
	assert.Equal(t, " …\n three\n four\n-five\n+5\n six\n+seven\n", unified(a, b))
	assert.Empty(t, strings.ReplaceAll(unified(a, a), " …\n", ""))
}

func TestADeclarationIsFoundByItsName(t *testing.T) {
	const source = "package p\n\n// F does.\nfunc F() {\n}\n\ntype T struct{} // a type\n\nfunc (t *T) M() {}\n\nvar v = 1\n"
	for name, want := range map[string]string{
		"F": "// F does.\nfunc F() {\n}\n", "T": "type T struct{} // a type\n", "T.M": "func (t *T) M() {}\n", "v": "var v = 1\n",
	} {
		got, err := declaration(source, name)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := declaration(source, "G")
	assert.EqualError(t, err, "declares no G")
}

using FishCheckpoint.Cli.Output;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Output;

public sealed class TerminalTraitsTests
{
    [Theory]
    [InlineData("", true, true)]
    [InlineData("TERM=xterm", true, true)]
    [InlineData("TERM=dumb", true, false)]
    [InlineData("NO_COLOR=1", true, false)]
    [InlineData("NO_COLOR=0", true, false)]
    [InlineData("NO_COLOR=", true, true)]
    [InlineData("", false, false)]
    [InlineData("CLICOLOR_FORCE=1", false, true)]
    [InlineData("FORCE_COLOR=3", false, true)]
    [InlineData("CLICOLOR_FORCE=0", false, false)]
    [InlineData("FORCE_COLOR=false", false, false)]
    [InlineData("CLICOLOR_FORCE=1 TERM=dumb", true, true)]
    [InlineData("CLICOLOR_FORCE=1 NO_COLOR=1", true, false)]
    public void Of_Variables_DecideOnColors(string variables, bool isTerminal, bool colors) =>
        Assert.Equal(colors, Of(variables, isTerminal, isTerminal).OutputHasColors);

    [Fact]
    public void Of_StreamsThatDiffer_AreDistinguished()
    {
        var traits = Of("", false, true);
        Assert.Equal(
            (false, true, false, true), (traits.OutputIsTerminal, traits.ErrorIsTerminal, traits.OutputHasColors, traits.ErrorHasColors));
    }

    [Theory]
    [InlineData("COLUMNS=40", 40)]
    [InlineData("COLUMNS=0", 99)]
    [InlineData("COLUMNS=wide", 99)]
    [InlineData("", 99)]
    public void Of_Width_IsTheVariablesOrTheTerminals(string variables, int expected)
    {
        Assert.Equal(expected, Of(variables, true, true).Columns);
        Assert.Null(Of(variables, false, false).Columns);
    }

    private static TerminalTraits Of(string variables, bool output, bool error)
    {
        var values = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('='))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        return TerminalTraits.Of(output, error, name => values.GetValueOrDefault(name), () => 99);
    }
}

namespace FishCheckpoint.Cli.Output;

/// <summary>The traits of the standard streams.</summary>
/// <param name="OutputIsTerminal">Whether standard output is a terminal.</param>
/// <param name="ErrorIsTerminal">Whether standard error is a terminal.</param>
/// <param name="OutputHasColors">Whether escape codes may go to standard output.</param>
/// <param name="ErrorHasColors">Whether escape codes may go to standard error.</param>
/// <param name="Moves">Whether a line can be overwritten.</param>
/// <param name="Columns">The width of the terminal, if known.</param>
internal sealed record TerminalTraits(
    bool OutputIsTerminal, bool ErrorIsTerminal, bool OutputHasColors, bool ErrorHasColors, bool Moves, int? Columns)
{
    /// <summary>Whether standard input is a terminal. Default: no.</summary>
    public bool InputIsTerminal { get; init; }

    /// <summary>No terminal: plain text of any width.</summary>
    public static TerminalTraits Plain { get; } = new(false, false, false, false, false, null);

    /// <summary>Reads the environment.</summary>
    /// <param name="outputIsTerminal">Whether standard output is a terminal.</param>
    /// <param name="errorIsTerminal">Whether standard error is a terminal.</param>
    /// <param name="variable">Returns the value of a variable: NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR, TERM, COLUMNS.</param>
    /// <param name="columns">Asks the terminal for its width.</param>
    public static TerminalTraits Of(bool outputIsTerminal, bool errorIsTerminal, Func<string, string?> variable, Func<int?> columns)
    {
        // https://no-color.org: any value but an empty one. It overrides colors that a build server forces.
        var refused = variable("NO_COLOR") is { Length: > 0 };
        var forced = IsOn(variable("CLICOLOR_FORCE")) || IsOn(variable("FORCE_COLOR"));
        var dumb = variable("TERM") == "dumb";
        var isTerminal = outputIsTerminal || errorIsTerminal;
        return new TerminalTraits(
            outputIsTerminal, errorIsTerminal, Colors(outputIsTerminal), Colors(errorIsTerminal), !dumb,
            !isTerminal ? null : int.TryParse(variable("COLUMNS"), out var given)
                && given > 0 ? given : columns() is > 0 and var asked ? asked : null);

        bool Colors(bool terminal) => !refused && (forced || (terminal && !dumb));
    }

    private static bool IsOn(string? value) => value is { Length: > 0 } and not "0" and not "false";
}

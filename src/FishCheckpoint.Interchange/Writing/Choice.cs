using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange.Writing;

/// <summary>Options that only some formats have.</summary>
internal static class Choice
{
    /// <summary>What was chosen of what there is; the first where nothing was.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: something else was chosen.</exception>
    public static string Of(string? chosen, string what, params string[] choices)
    {
        if (chosen is null || choices.Contains(chosen, StringComparer.Ordinal))
        {
            return chosen ?? choices[0];
        }

        throw new FishException(
            ErrorCode.RequestInvalid, chosen, $"The format has no such {what}.", $"It has {string.Join(", ", choices)}.");
    }

    /// <summary>Refuses a choice where there is none.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>.</exception>
    public static void None(string? chosen, string what)
    {
        if (chosen is not null)
        {
            throw new FishException(ErrorCode.RequestInvalid, chosen, $"The format leaves no choice of {what}.", "Leave the option out.");
        }
    }
}

using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange.Writing;

/// <summary>Options that only some formats have.</summary>
internal static class Choice
{
    /// <summary>The chosen value; the first one by default.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: the value is not available.</exception>
    public static string Of(string? chosen, string what, params string[] choices)
    {
        if (chosen is null || choices.Contains(chosen, StringComparer.Ordinal))
        {
            return chosen ?? choices[0];
        }

        throw new FishException(
            ErrorCode.RequestInvalid, chosen, $"The format does not have this {what}.", $"It has {string.Join(", ", choices)}.");
    }

    /// <summary>Refuses an option that the format does not have.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>.</exception>
    public static void None(string? chosen, string what)
    {
        if (chosen is not null)
        {
            throw new FishException(ErrorCode.RequestInvalid, chosen, $"The format has a fixed {what}.", "Leave out the option.");
        }
    }
}

using System.CommandLine.Parsing;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>Reads the address of a server.</summary>
internal static class ServerAddress
{
    public static Uri? Parse(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (TryParse(text) is { } address)
        {
            return address;
        }

        argument.AddError($"'{text}' is not the URL of a server. Use one like http://127.0.0.1:5080.");
        return null;
    }

    /// <summary>The address, or <see langword="null"/> if the text is not the URL of a server.</summary>
    public static Uri? TryParse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null;
}

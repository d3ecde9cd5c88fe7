using System.Reflection;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Client.Http;

/// <summary>The version of the responding server; an older server may lack features that this client needs.</summary>
internal static class ServerVersion
{
    private const string Header = "Fish-Version";

    // The first version that supports all requests of this client.
    private static readonly Version MinVersion = new(0, 1, 0);

    private static readonly string Own = typeof(ServerVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>Refuses a server that is too old for this client, on its first response.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.ServerUnavailable"/> with a status; a retry would fail the same
    /// way.</exception>
    public static void Require(HttpResponseMessage response, Uri server)
    {
        if ((int)response.StatusCode < 500 && Of(response) is { } version && NumberOf(version) is { } number && number < MinVersion)
        {
            throw new FishException(
                ErrorCode.ServerUnavailable, server.AbsoluteUri,
                $"The server has version {version}; this client needs {MinVersion} or newer.",
                $"Upgrade the server to {Own}, or use a client of the server's version.")
            {
                Status = (int)response.StatusCode,
            };
        }
    }

    /// <summary>An addition to the hint when an older server refuses an unknown request; otherwise empty.</summary>
    public static string AdviceOn(ErrorCode refusal, HttpResponseMessage response)
    {
        if (refusal is not (ErrorCode.RequestInvalid or ErrorCode.RouteNotFound or ErrorCode.MediaTypeUnsupported))
        {
            return string.Empty;
        }

        return Of(response) is not { } version
            ? $" The server reports no version and may be older than this client ({Own}): upgrade it first."
            : NumberOf(version) < NumberOf(Own)
                ? $" The server has version {version}, older than this client ({Own}): upgrade it." : string.Empty;
    }

    private static string? Of(HttpResponseMessage response) =>
        response.Headers.TryGetValues(Header, out var values) ? values.FirstOrDefault() : null;

    private static Version? NumberOf(string version) => Version.TryParse(version.Split('-')[0], out var number) ? number : null;
}

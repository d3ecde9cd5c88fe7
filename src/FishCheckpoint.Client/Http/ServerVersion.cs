using System.Reflection;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Client.Http;

/// <summary>The version of the server that answers: one that is older than this client may not know what it is asked for.</summary>
internal static class ServerVersion
{
    private const string Header = "Fish-Version";

    // The first version with all that this client sends.
    private static readonly Version Least = new(0, 1, 0);

    private static readonly string Own = typeof(ServerVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>Refuses a server that is too old for this client, by its first answer.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.ServerUnavailable"/>, with a status: trying again would find the
    /// same.</exception>
    public static void Require(HttpResponseMessage response, Uri server)
    {
        if ((int)response.StatusCode < 500 && Of(response) is { } version && NumberOf(version) is { } number && number < Least)
        {
            throw new FishException(
                ErrorCode.ServerUnavailable, server.AbsoluteUri,
                $"The server is of version {version}; this client needs {Least} or a newer one.",
                $"Upgrade the server to {Own}, or use a client of the server's version.")
            {
                Status = (int)response.StatusCode,
            };
        }
    }

    /// <summary>What to add to the hint of a refusal that an older server gives to what it does not know; nothing for others.</summary>
    public static string AdviceOn(ErrorCode refusal, HttpResponseMessage response)
    {
        if (refusal is not (ErrorCode.RequestInvalid or ErrorCode.RouteNotFound or ErrorCode.MediaTypeUnsupported))
        {
            return string.Empty;
        }

        return Of(response) is not { } version
            ? $" The server names no version and may be older than this client ({Own}): upgrade it first."
            : NumberOf(version) < NumberOf(Own)
                ? $" The server is of version {version}, older than this client ({Own}): upgrade it." : string.Empty;
    }

    private static string? Of(HttpResponseMessage response) =>
        response.Headers.TryGetValues(Header, out var values) ? values.FirstOrDefault() : null;

    private static Version? NumberOf(string version) => Version.TryParse(version.Split('-')[0], out var number) ? number : null;
}

using System.Reflection;

namespace FishCheckpoint.Api.Hosting;

/// <summary>
/// The program's version, which stands in every answer: a client of a newer version can say that the server is the older one.
/// </summary>
internal static class ServerVersion
{
    public const string Header = "Fish-Version";

    public static string Value { get; } = typeof(ServerVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}

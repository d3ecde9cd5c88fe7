using System.Reflection;

namespace FishCheckpoint.Api.Hosting;

/// <summary>The program's version, sent with every response: a newer client can report that the server is older.</summary>
internal static class ServerVersion
{
    public const string Header = "Fish-Version";

    public static string Value { get; } = typeof(ServerVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}

using FishCheckpoint.Api;
using Microsoft.Extensions.Configuration;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>Reads the settings as the server does: the file beside the program, then the one in the working folder, then the environment.</summary>
internal static class SettingsFile
{
    private const string Name = "appsettings.json";

    public static FishSettings Load() => FishSettings.Of(new ConfigurationBuilder()
        .AddJsonFile(Path.Combine(AppContext.BaseDirectory, Name), optional: true)
        .AddJsonFile(Path.GetFullPath(Name), optional: true)
        .AddEnvironmentVariables()
        .Build());
}

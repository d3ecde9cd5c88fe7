using FishCheckpoint.Api.Settings;
using FishCheckpoint.Errors;
using Microsoft.Extensions.Configuration;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>
/// Reads the settings as the server does: the file beside the program, then the one in the working folder, then the environment.
/// </summary>
internal static class SettingsFile
{
    private const string Name = "appsettings.json";

    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: a file is not JSON, or a value is invalid.</exception>
    public static FishSettings Load()
    {
        try
        {
            return FishSettings.Of(new ConfigurationBuilder()
                .AddJsonFile(Path.Combine(AppContext.BaseDirectory, Name), optional: true)
                .AddJsonFile(Path.GetFullPath(Name), optional: true)
                .AddEnvironmentVariables()
                .Build());
        }
        catch (InvalidDataException error)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, Name, error.InnerException?.Message ?? error.Message,
                $"{error.Message} Fix the file, or remove it.", error);
        }
    }
}

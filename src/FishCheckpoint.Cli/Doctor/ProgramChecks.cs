using System.Runtime.InteropServices;

namespace FishCheckpoint.Cli.Doctor;

/// <summary>Checks of what the program stands on.</summary>
internal static class ProgramChecks
{
    public static IEnumerable<Check> Run(Machine machine) =>
    [
        Check.Ok("version", machine.Version),
        Check.Ok("system", Machine.Platform),
        Check.Ok("runtime", RuntimeInformation.FrameworkDescription),
        .. Check.Guarded("zstd", () => [Library("zstd", machine.Zstd(), "libzstd.so.1", "libzstd1")]),
        .. Check.Guarded("lz4", () => [Library("lz4", machine.Lz4(), "liblz4.so.1", "liblz4-1")]),
        .. Check.Guarded("sqlite", () => [Check.Ok("sqlite", machine.Sqlite())]),
    ];

    private static Check Library(string name, string? version, string file, string package) => version is not null ? Check.Ok(name, version)
        : Check.Warn(name, $"{file} is not found", $"Install {package}: without it new checkpoints take more room, and those that were saved with it cannot be read.");
}

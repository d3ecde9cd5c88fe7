using System.Runtime.InteropServices;

namespace FishCheckpoint.Cli.Doctor;

/// <summary>Checks the program, its runtime and its libraries.</summary>
internal static class ProgramChecks
{
    public static IEnumerable<Check> Run(Machine machine) =>
    [
        Check.Ok("version", machine.Version),
        Check.Ok("system", Machine.Platform),
        Check.Ok("runtime", RuntimeInformation.FrameworkDescription),
        .. Check.Guarded("sqlite", () => [Check.Ok("sqlite", machine.Sqlite())]),
    ];
}

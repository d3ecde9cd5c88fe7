using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Doctor;

/// <summary>The result of all checks.</summary>
/// <param name="Status">The worst status of a check.</param>
/// <param name="Version">The version of this program.</param>
/// <param name="Checks">The checks, in the order in which they were made.</param>
internal sealed record DoctorReport(string Status, string Version, IReadOnlyList<Check> Checks)
{
    // Lost data first, then failures that stop work.
    private static readonly ErrorKind[] Worst = [ErrorKind.Corrupt, ErrorKind.Full, ErrorKind.Unavailable];

    public static DoctorReport Of(string version, IReadOnlyList<Check> checks) => new(
        checks.Any(check => check.Status == Check.IsFail) ? Check.IsFail : checks.Any(check => check.Status == Check.IsWarn)
            ? Check.IsWarn : Check.IsOk, version, checks);

    /// <summary>The exit code of the worst failure; 0 if there is none.</summary>
    public int ExitCode()
    {
        var kinds = Checks.Where(check => check.Status == Check.IsFail).Select(check => check.Kind).ToArray();
        return kinds.Length == 0 ? ExitCodes.Ok
            : ExitCodes.Of(Array.Find(Worst, kinds.Contains) is var worst && kinds.Contains(worst) ? worst : kinds[0]);
    }
}

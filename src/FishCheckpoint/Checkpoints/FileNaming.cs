namespace FishCheckpoint.Checkpoints;

/// <summary>A system's restrictions on file names, beyond <see cref="Names.CheckFile"/>.</summary>
/// <param name="Name">The system's name, for error messages.</param>
/// <param name="HasDevices">Whether some names are devices in every folder and a trailing dot is dropped.</param>
/// <param name="Comparer">How file names are compared. For macOS, this is the default of its file system.</param>
internal sealed record FileNaming(string Name, bool HasDevices, StringComparer Comparer)
{
    public static readonly FileNaming Linux = new("Linux", false, StringComparer.Ordinal);
    public static readonly FileNaming Mac = new("macOS", false, StringComparer.OrdinalIgnoreCase);
    public static readonly FileNaming Windows = new("Windows", true, StringComparer.OrdinalIgnoreCase);

    private static readonly string[] Devices = ["CON", "PRN", "AUX", "NUL"];

    /// <summary>The current system.</summary>
    public static FileNaming Here { get; } = OperatingSystem.IsWindows() ? Windows : OperatingSystem.IsMacOS() ? Mac : Linux;

    /// <summary>Why a file cannot have this name on the system.</summary>
    /// <returns><see langword="null"/> if it can.</returns>
    public string? FindProblem(string file) =>
        !HasDevices ? null
        : file.EndsWith('.') ? $"{Name} drops a trailing dot in a file name."
        : IsDevice(file.Split('.')[0]) ? $"{Name} reserves this name for a device, with any extension." : null;

    // https://learn.microsoft.com/windows/win32/fileio/naming-a-file. FilePaths refuses the forms with a superscript digit everywhere.
    private static bool IsDevice(string stem) => Devices.Contains(stem, StringComparer.OrdinalIgnoreCase)
        || (stem.Length == 4 && stem[3] is >= '1' and <= '9'
            && (stem.StartsWith("COM", StringComparison.OrdinalIgnoreCase) || stem.StartsWith("LPT", StringComparison.OrdinalIgnoreCase)));
}

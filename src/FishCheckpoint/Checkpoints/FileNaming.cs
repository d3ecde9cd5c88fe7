namespace FishCheckpoint.Checkpoints;

/// <summary>What a system makes of the names that <see cref="Names.CheckFile"/> lets pass.</summary>
/// <param name="Name">The system's name, for errors.</param>
/// <param name="HasDevices">Whether some names are devices in every folder, and a dot at the end of a name is dropped.</param>
/// <param name="Comparer">How names are compared. That of macOS is how its disks are formatted unless asked otherwise.</param>
internal sealed record FileNaming(string Name, bool HasDevices, StringComparer Comparer)
{
    public static readonly FileNaming Linux = new("Linux", false, StringComparer.Ordinal);
    public static readonly FileNaming Mac = new("macOS", false, StringComparer.OrdinalIgnoreCase);
    public static readonly FileNaming Windows = new("Windows", true, StringComparer.OrdinalIgnoreCase);

    private static readonly string[] Devices = ["CON", "PRN", "AUX", "NUL"];

    /// <summary>The system that this program runs on.</summary>
    public static FileNaming Here { get; } = OperatingSystem.IsWindows() ? Windows : OperatingSystem.IsMacOS() ? Mac : Linux;

    /// <summary>Why no file can have this name.</summary>
    /// <returns><see langword="null"/>: one can.</returns>
    public string? FindProblem(string file) =>
        !HasDevices ? null
        : file.EndsWith('.') ? $"{Name} drops a dot at the end of a file's name."
        : IsDevice(file.Split('.')[0]) ? $"{Name} keeps this name for a device, whatever stands after a dot." : null;

    // https://learn.microsoft.com/windows/win32/fileio/naming-a-file. The forms with a superscript digit are refused everywhere.
    private static bool IsDevice(string stem) => Devices.Contains(stem, StringComparer.OrdinalIgnoreCase)
        || (stem.Length == 4 && stem[3] is >= '1' and <= '9'
            && (stem.StartsWith("COM", StringComparison.OrdinalIgnoreCase) || stem.StartsWith("LPT", StringComparison.OrdinalIgnoreCase)));
}

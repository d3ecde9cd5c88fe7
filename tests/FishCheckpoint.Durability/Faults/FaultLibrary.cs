using System.Diagnostics;

namespace FishCheckpoint.Durability.Faults;

/// <summary>Compiles the library that makes calls fail and records them (Faults/failio.c, Faults/record.c).</summary>
public static class FaultLibrary
{
    /// <summary>Compiles it into a folder.</summary>
    /// <returns>Its path; <see langword="null"/> where the system has no compiler for it.</returns>
    public static async Task<string?> CompileAsync(string folder)
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/usr/bin/cc"))
        {
            return null;
        }

        var (source, library) = (Path.Combine(folder, "failio.c"), Path.Combine(folder, "failio.so"));
        foreach (var name in (string[])["failio.c", "record.c"])
        {
            await using var embedded = typeof(FaultLibrary).Assembly.GetManifestResourceStream(name)!;
            await using var file = File.Create(Path.Combine(folder, name));
            await embedded.CopyToAsync(file);
        }

        using var compiler = Process.Start("/usr/bin/cc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]);
        await compiler.WaitForExitAsync();
        return compiler.ExitCode == 0 ? library : null;
    }
}

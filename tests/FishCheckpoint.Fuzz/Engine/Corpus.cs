using System.IO.Compression;
using System.Security.Cryptography;
using FishCheckpoint.Tests.Support;

namespace FishCheckpoint.Fuzz.Engine;

/// <summary>
/// Inputs beside the sources: those that a run starts from, packed as one zip a target, and each finding as a file of its own.
/// </summary>
internal static class Corpus
{
    /// <summary>The largest input that is kept.</summary>
    public const int Largest = 1500;

    /// <summary>Inputs that are kept of a target, findings aside.</summary>
    public const int Most = 100;

    // The same inputs always give the same file: no time of day, and no compressor whose versions differ.
    private static readonly DateTimeOffset Time = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static string Folder => Path.Combine(Repository.Root, "tests", "FishCheckpoint.Fuzz", "corpus");

    public static string PackOf(string target) => Path.Combine(Folder, $"{target}.zip");

    /// <summary>The packed inputs by name, then the findings.</summary>
    public static IEnumerable<(string Name, byte[] Input)> Read(string target)
    {
        var findings = Path.Combine(Folder, target);
        return ReadPack(PackOf(target)).Select(pair => (pair.Key, pair.Value)).Concat(Directory.Exists(findings)
            ? Directory.EnumerateFiles(findings).Order(StringComparer.Ordinal).Select(
                path => (Path.GetFileName(path), File.ReadAllBytes(path))) : []);
    }

    /// <summary>Writes a finding.</summary>
    /// <returns>The file's path.</returns>
    public static string WriteFinding(string target, byte[] input)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(Folder, target)).FullName, $"found-{NameOf(input)}");
        File.WriteAllBytes(path, input);
        return path;
    }

    /// <summary>Packs an input with a new outcome, unless it is large or the pack is full.</summary>
    public static void Keep(string target, byte[] input)
    {
        if (input.Length <= Largest && ReadPack(PackOf(target)) is { Count: < Most } inputs && inputs.TryAdd(NameOf(input), input))
        {
            File.WriteAllBytes(PackOf(target), Pack(inputs));
        }
    }

    /// <summary>Packs the loose inputs in a target's folder, findings aside, and deletes their files.</summary>
    /// <returns>The number of inputs in the pack.</returns>
    public static int PackLoose(string target)
    {
        var (inputs, folder) = (ReadPack(PackOf(target)), Path.Combine(Folder, target));
        string[] loose = Directory.Exists(folder)
            ? [
                .. Directory.EnumerateFiles(folder).Where(
                    path => !Path.GetFileName(path).StartsWith("found-", StringComparison.Ordinal))] : [];
        foreach (var input in loose.Select(File.ReadAllBytes))
        {
            inputs[NameOf(input)] = input;
        }

        if (inputs.Count > 0)
        {
            File.WriteAllBytes(PackOf(target), Pack(inputs));
        }

        Array.ForEach(loose, File.Delete);
        return inputs.Count;
    }

    /// <summary>Reads a pack; empty if there is none.</summary>
    public static SortedDictionary<string, byte[]> ReadPack(string path)
    {
        var inputs = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        if (File.Exists(path))
        {
            using var pack = ZipFile.OpenRead(path);
            foreach (var entry in pack.Entries)
            {
                using var content = entry.Open();
                var input = new byte[entry.Length];
                content.ReadExactly(input);
                inputs.Add(entry.FullName, input);
            }
        }

        return inputs;
    }

    /// <summary>Gives the bytes of a pack: entries in the order of their names, stored.</summary>
    public static byte[] Pack(SortedDictionary<string, byte[]> inputs)
    {
        using var bytes = new MemoryStream();
        using (var pack = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, input) in inputs)
            {
                var entry = pack.CreateEntry(name, CompressionLevel.NoCompression);
                (entry.LastWriteTime, entry.ExternalAttributes) = (Time, 0);
                using var content = entry.Open();
                content.Write(input);
            }
        }

        return bytes.ToArray();
    }

    public static string NameOf(byte[] input) => Convert.ToHexStringLower(SHA256.HashData(input))[..16];
}

using System.Security.Cryptography;
using FishCheckpoint.Tests.Support;

namespace FishCheckpoint.Fuzz.Engine;

/// <summary>Inputs as files, named by what they are: those that a run starts from, and those that once were findings.</summary>
internal static class Corpus
{
    /// <summary>The largest that is kept beside the sources.</summary>
    public const int Largest = 1500;

    /// <summary>Files that are kept of a target, findings aside.</summary>
    public const int Most = 100;

    public static string FolderOf(string target) => Path.Combine(Repository.Root, "tests", "FishCheckpoint.Fuzz", "corpus", target);

    public static IEnumerable<(string Name, byte[] Input)> Read(string target) => Directory.Exists(FolderOf(target))
        ? Directory.EnumerateFiles(FolderOf(target)).Order(StringComparer.Ordinal).Select(path => (Path.GetFileName(path), File.ReadAllBytes(path))) : [];

    /// <summary>Writes a finding.</summary>
    /// <returns>The file's path.</returns>
    public static string WriteFinding(string target, byte[] input) => Write(target, $"found-{NameOf(input)}", input);

    /// <summary>Writes an input that ends as no other has, unless it is large or there are many.</summary>
    public static void Keep(string target, byte[] input)
    {
        if (input.Length <= Largest && Read(target).Count() < Most)
        {
            Write(target, NameOf(input), input);
        }
    }

    private static string NameOf(byte[] input) => Convert.ToHexStringLower(SHA256.HashData(input))[..16];

    private static string Write(string target, string name, byte[] input)
    {
        var path = Path.Combine(Directory.CreateDirectory(FolderOf(target)).FullName, name);
        File.WriteAllBytes(path, input);
        return path;
    }
}

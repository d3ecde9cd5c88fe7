using System.Formats.Tar;
using System.Text;

namespace FishCheckpoint.Api.Tests.Support;

/// <summary>Makes tar streams.</summary>
internal static class Tar
{
    public static byte[] Of(params (string Name, byte[] Content)[] files) =>
        Of(
            [.. files.Select(
                file => (TarEntry)new PaxTarEntry(TarEntryType.RegularFile, file.Name) { DataStream = new MemoryStream(file.Content) })]);

    public static byte[] Of(params TarEntry[] entries)
    {
        using var target = new MemoryStream();
        using (var writer = new TarWriter(target, leaveOpen: true))
        {
            Array.ForEach(entries, writer.WriteEntry);
        }

        return target.ToArray();
    }

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}

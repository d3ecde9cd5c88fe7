using System.Buffers.Binary;
using System.Text;
using System.Xml.Linq;

namespace FishCheckpoint.Packages.Tests.Support;

/// <summary>A base and a step on it, as the READMEs name them.</summary>
internal static class Models
{
    private const int Values = 4096;

    /// <summary>Writes model.safetensors and step100.safetensors, which differ in a few values.</summary>
    public static async Task WriteAsync(string folder)
    {
        var header = Encoding.UTF8.GetBytes($$$"""{"w":{"dtype":"F32","shape":[64,64],"data_offsets":[0,{{{Values * sizeof(float)}}}]}}""");
        var file = new byte[sizeof(ulong) + header.Length + (Values * sizeof(float))];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)header.Length);
        header.CopyTo(file, sizeof(ulong));
        for (var index = 0; index < Values; index++)
        {
            Set(file, index, MathF.Sin(index));
        }

        await File.WriteAllBytesAsync(Path.Combine(folder, "model.safetensors"), file);
        for (var index = 0; index < Values; index += 50)
        {
            Set(file, index, MathF.Cos(index));
        }

        await File.WriteAllBytesAsync(Path.Combine(folder, "step100.safetensors"), file);
    }

    private static void Set(Span<byte> file, int index, float value) =>
        BinaryPrimitives.WriteSingleLittleEndian(file[^((Values - index) * sizeof(float))..], value);
}

/// <summary>The source tree that the tests were built from.</summary>
internal static class Tree
{
    private static readonly string Top = Find();

    /// <summary>The version that stands in it.</summary>
    public static string Version { get; } = XDocument.Load(Path("Directory.Build.props")).Descendants("VersionPrefix").Single().Value;

    /// <summary>A path in it.</summary>
    public static string Path(params string[] parts) => System.IO.Path.Combine([Top, .. parts]);

    /// <summary>The first block of C# in a package's README.</summary>
    public static string SampleOf(string readme)
    {
        const string start = "```csharp\n";
        var text = File.ReadAllText(readme);
        var from = text.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return text[from..text.IndexOf("```", from, StringComparison.Ordinal)];
    }

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder!.FullName, "FishCheckpoint.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}

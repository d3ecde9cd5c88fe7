using System.Buffers.Binary;
using System.Text;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Tests.Support;

/// <summary>Headers and files written by hand, so that they can lie.</summary>
internal static class Headers
{
    public static SafetensorsHeader Parse(string json, long? dataLength = null) =>
        HeaderParser.Parse(Encoding.UTF8.GetBytes(json), "test.safetensors", dataLength);

    public static string Entry(string dtype, string shape, string offsets) =>
        $$"""{"dtype":"{{dtype}}","shape":{{shape}},"data_offsets":{{offsets}}}""";

    public static string One(string dtype, string shape, string offsets) => $$"""{"w":{{Entry(dtype, shape, offsets)}}}""";

    public static byte[] File(string json, int dataLength)
    {
        var header = Encoding.UTF8.GetBytes(json);
        var file = new byte[8 + header.Length + dataLength];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        return file;
    }

    public static void Write(string path, MemoryModel model, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var writer = new SafetensorsWriter(path, HeaderWriter.Create(model.Layout.Tensors, metadata));
        Array.ForEach(model.Tensors, tensor => writer.Write(tensor));
        writer.Commit();
    }
}

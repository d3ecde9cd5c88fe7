using System.Runtime.InteropServices;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Demo;

/// <summary>Writes and reads the demo's model as a safetensors file.</summary>
public static class ModelExport
{
    /// <summary>Writes a model with its tensors in layout order.</summary>
    public static void Write(Mlp model, string path)
    {
        using var writer = new SafetensorsWriter(path, HeaderWriter.Create(model.Layout.Tensors));
        for (var tensor = 0; tensor < model.Parameters.Length; tensor++)
        {
            writer.Write(model.BytesOf(tensor));
        }

        writer.Commit();
    }

    /// <summary>Reads a model from <see cref="Write"/> or from a store.</summary>
    /// <param name="path">The file.</param>
    /// <param name="widths">The widths of the written model.</param>
    /// <exception cref="InvalidDataException">The file has other tensors.</exception>
    public static Mlp Read(string path, int[] widths)
    {
        using var file = SafetensorsFile.Open(path);
        var parameters = Mlp.LayoutOf(widths).Tensors.Select(tensor => Read(file, tensor)).ToArray();
        return new Mlp(widths, parameters);
    }

    private static float[] Read(SafetensorsFile file, TensorInfo tensor)
    {
        var stored = file.Header.Tensors.FirstOrDefault(candidate => candidate.Info.Equals(tensor))
            ?? throw new InvalidDataException($"The file has no tensor {tensor}.");
        var values = new float[tensor.Elements];
        file.ReadData(stored.Begin, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}

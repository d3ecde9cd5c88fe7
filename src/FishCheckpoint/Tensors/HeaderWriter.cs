using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FishCheckpoint.Tensors;

/// <summary>Writes safetensors headers like the reference writer: compact JSON, padded with spaces to a multiple of 8.</summary>
public static class HeaderWriter
{
    /// <summary>Creates the header of a file with these tensors in sequence.</summary>
    /// <param name="tensors">The tensors in data order.</param>
    /// <param name="metadata">The <c>__metadata__</c> map; <see langword="null"/> for none.</param>
    public static SafetensorsHeader Create(IEnumerable<TensorInfo> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var stored = new List<StoredTensor>();
        var begin = 0L;
        foreach (var tensor in tensors)
        {
            stored.Add(new StoredTensor(tensor, begin));
            begin += tensor.Bytes;
        }

        var json = WriteJson(stored, metadata);
        return new SafetensorsHeader(json, [.. stored], metadata ?? new Dictionary<string, string>(StringComparer.Ordinal),
            metadata is not null);
    }

    private static byte[] WriteJson(List<StoredTensor> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is not null)
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Info.Name);
                json.WriteString("dtype", DTypes.NameOf(tensor.Info.Type));
                WriteNumbers(json, "shape", tensor.Info.Shape);
                WriteNumbers(json, "data_offsets", [tensor.Begin, tensor.End]);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        var padded = new byte[(buffer.WrittenCount + 7) & ~7];
        padded.AsSpan().Fill((byte)' ');
        buffer.WrittenSpan.CopyTo(padded);
        return padded;
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }
}

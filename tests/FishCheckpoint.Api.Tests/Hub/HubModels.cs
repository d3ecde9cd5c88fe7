using System.Globalization;
using System.Text;

namespace FishCheckpoint.Api.Tests.Hub;

/// <summary>The models that tests/python/hub_store.py makes, byte for byte: the recorded answers tell of these.</summary>
internal static class HubModels
{
    public static readonly byte[] Config = "{\"model_type\": \"bert\", \"hidden_size\": 8}\n"u8.ToArray();
    public static readonly byte[] Tokenizer = "{\"version\": \"1.0\"}\n"u8.ToArray();

    // The length of each tensor when the answers were recorded.
    private const int Size = 400;

    public static byte[] Step(int step) => Safetensors(("bert.weight", Content(Size, 0)), ("head.weight", Content(Size, step)));

    public static (string Name, byte[] Content)[] Shards(int step) =>
        [("model-00001-of-00002.safetensors", Safetensors(("a", Content(400, 1)))),
        ("model-00002-of-00002.safetensors", Safetensors(("b", Content(800, step))))];

    private static byte[] Content(int size, int seed) =>
        [.. Enumerable.Range(0, size).Select(at => (byte)((((at % 251) * 7) + seed) % 251))];

    private static byte[] Safetensors(params (string Name, byte[] Data)[] tensors)
    {
        var (members, at) = (new List<string>(), 0);
        foreach (var (name, data) in tensors)
        {
            members.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{data.Length / 4}],\"data_offsets\":[{at},{at + data.Length}]}}"));
            at += data.Length;
        }

        var header = $"{{{string.Join(',', members)}}}";
        header = header.PadRight((header.Length + 7) / 8 * 8);
        return [.. BitConverter.GetBytes((long)header.Length), .. Encoding.ASCII.GetBytes(header),
            .. tensors.SelectMany(tensor => tensor.Data)];
    }
}

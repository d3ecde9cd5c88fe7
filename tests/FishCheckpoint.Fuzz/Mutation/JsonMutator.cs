using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FishCheckpoint.Fuzz.Mutation;

/// <summary>Changes JSON in its structure: fields, numbers, names, depth, keys that stand twice.</summary>
internal static class JsonMutator
{
    private static readonly string[] Numbers =
    [
        "0", "-0", "1", "-1", "1.0", "1.5", "1e3", "1e-400", "1e400", "127", "4294967295", "4294967296", "9223372036854775807",
        "9223372036854775808", "18446744073709551616",
        "99999999999999999999999999999999", "00", "01", "0x1", "NaN", "Infinity", "null", "true", "\"1\"", "[]", "{}", "\"\"",
    ];

    private static readonly string[] Texts =
    [
        "", "a", "w", "..", "../x", "/", "\\u0000", "\\ud800", "\\udc00\\ud800", "\\u202e", "e\\u0301", "\\ud83d\\udc1f", "\\n", "F32",
        "BF16", "f32", "I64", "F4", "U8", "base", "__metadata__",
        "__proto__", "model.safetensors", "weight_map", "indices", "w.indices", "w.values", "best", "latest", "min", "keepLast", "CON",
        "$type", "name",
    ];

    /// <summary>Changes a document; where it is none, its bytes.</summary>
    public static byte[] Mutate(Random random, byte[] json, byte[] other)
    {
        if (random.Next(3) == 0 || Parse(json) is not { } root)
        {
            return random.Next(3) == 0 ? Insert(random, json) : ByteMutator.Mutate(random, json, other);
        }

        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            Change(random, root, Parse(other));
        }

        return Text(root) is not { } text ? ByteMutator.Mutate(random, json, other) : random.Next(4) == 0 ? Insert(random, text) : text;
    }

    // What was read with half of a surrogate pair in it cannot be written.
    private static byte[]? Text(JsonNode root)
    {
        try
        {
            return Encoding.UTF8.GetBytes(root.ToJsonString());
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static JsonNode? Parse(byte[] json)
    {
        try
        {
            return JsonNode.Parse(json);
        }
        catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static void Change(Random random, JsonNode root, JsonNode? other)
    {
        try
        {
            List<JsonNode> nodes = [.. Containers(root)];
            switch (nodes[random.Next(nodes.Count)])
            {
                case JsonObject all when all.Count > 0:
                    Change(random, all, other);
                    break;
                case JsonArray list when list.Count > 0:
                    Change(random, list);
                    break;
                case JsonArray list:
                    list.Add(Value(random));
                    break;
                case JsonObject all:
                    all[Text(random)] = Value(random);
                    break;
                default:
                    break;
            }
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or JsonException)
        {
            // What the input holds already cannot be changed so: a key twice, half a surrogate.
        }
    }

    private static void Change(Random random, JsonObject all, JsonNode? other)
    {
        var (key, value) = all.ElementAt(random.Next(all.Count));
        switch (random.Next(6))
        {
            case 0: all.Remove(key); break;
            case 1: all[Text(random)] = value?.DeepClone(); break;
            case 2: all.Remove(key); all[Text(random)] = value; break;
            case 3 when other is JsonObject taken && taken.Count > 0:
                var (name, item) = taken.ElementAt(random.Next(taken.Count));
                all[name] = item?.DeepClone();
                break;
            case 4: all[key] = new JsonObject { [key] = value?.DeepClone() }; break;
            default: all[key] = Value(random); break;
        }
    }

    private static void Change(Random random, JsonArray list)
    {
        var at = random.Next(list.Count);
        switch (random.Next(5))
        {
            case 0: list.RemoveAt(at); break;
            case 1: list.Insert(at, list[at]?.DeepClone()); break;
            case 2 when list[at] is JsonValue value
                && value.TryGetValue<long>(out var number): list[at] = number + random.Next(-8, 9); break;
            default: list[at] = Value(random); break;
        }
    }

    private static IEnumerable<JsonNode> Containers(JsonNode root)
    {
        yield return root;
        foreach (var child in root switch
        {
            JsonObject all => all.Select(pair => pair.Value),
            JsonArray list => list,
            _ => [],
        })
        {
            if (child is JsonObject or JsonArray)
            {
                foreach (var deeper in Containers(child))
                {
                    yield return deeper;
                }
            }
        }
    }

    private static JsonNode? Value(Random random) => random.Next(8) switch
    {
        0 => null,
        1 => Text(random),
        2 => new JsonArray(1, 2),
        3 => new JsonObject { ["a"] = 1 },
        4 => random.Next(2) == 0,
        5 => Math.Round(random.NextDouble(), 3),
        _ => ByteMutator.Number(random),
    };

    private static string Text(Random random) =>
        random.Next(6) == 0 ? new string('x', 1 << random.Next(10)) : JsonSerializer.Deserialize<string>($"\"{Safe(random)}\"")!;

    // Half a surrogate cannot stand in a string of a document that is written, but in bytes it can.
    private static string Safe(Random random)
    {
        var text = Texts[random.Next(Texts.Length)];
        return text.Contains("ud800", StringComparison.Ordinal) || text.Contains("udc00", StringComparison.Ordinal) ? "a" : text;
    }

    // What no writer of documents would write.
    private static byte[] Insert(Random random, byte[] json)
    {
        var at = random.Next(json.Length + 1);
        var piece = random.Next(8) switch
        {
            0 => Numbers[random.Next(Numbers.Length)],
            1 => $"\"{Texts[random.Next(Texts.Length)]}\"",
            2 => $"\"{Texts[random.Next(Texts.Length)]}\":{Numbers[random.Next(Numbers.Length)]},",
            3 => new string(random.Next(2) == 0 ? '[' : '{', 1 << random.Next(12)),
            4 => string.Concat(Enumerable.Repeat("{\"a\":", 1 << random.Next(9))),
            5 => "/* */",
            6 => "\u0000",
            _ => ",",
        };
        var end = random.Next(2) == 0 ? at : Math.Min(json.Length, at + random.Next(8));
        return [.. json[..at], .. Encoding.UTF8.GetBytes(piece), .. json[end..]];
    }
}

using System.Globalization;
using System.Reflection;
using FishCheckpoint.Training;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// Numbers, flags and words that an object holds in fields, saved and taken back by name: for parts of TorchSharp that offer no other way.
/// </summary>
internal static class Fields
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>All fields of an object, those of its base classes included, by names that are unique.</summary>
    public static IEnumerable<(string Name, FieldInfo Field)> Of(object target)
    {
        for (var type = target.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            foreach (var field in type.GetFields(Own))
            {
                yield return ($"{type.Name}.{field.Name}", field);
            }
        }
    }

    /// <summary>Saves a field if it holds a number, a flag, a word, or a list of numbers.</summary>
    public static void Save(StateSection state, string name, FieldInfo field, object target)
    {
        if (TextOf(field, field.GetValue(target)) is { } text)
        {
            state.Set(name, text);
        }
    }

    /// <summary>Refuses what <see cref="Load"/> cannot take, and changes nothing.</summary>
    public static void Check(StateSection state, string name, FieldInfo field, object target) => Read(state, name, field, target);

    /// <summary>Takes a field back: the mirror of <see cref="Save"/>.</summary>
    public static void Load(StateSection state, string name, FieldInfo field, object target)
    {
        var saved = Read(state, name, field, target);
        if (saved is double[] numbers && field.GetValue(target) is IList<double> list)
        {
            Fill(list, numbers);
        }
        else if (saved is not null)
        {
            field.SetValue(target, saved);
        }
    }

    // What a field is set to; null where it is not one that is saved.
    private static object? Read(StateSection state, string name, FieldInfo field, object target)
    {
        var now = field.GetValue(target);
        if (TextOf(field, now) is null)
        {
            return null;
        }

        var text = state.Text(name);
        try
        {
            if (now is not IList<double> list)
            {
                return ValueOf(Nullable.GetUnderlyingType(field.FieldType) ?? field.FieldType, text);
            }

            double[] numbers = [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
            return numbers.Length == list.Count
                ? numbers : throw new ArgumentException($"{numbers.Length} numbers are saved, {list.Count} are held.");
        }
        catch (Exception error) when (error is FormatException or OverflowException or ArgumentException)
        {
            throw state.Mismatch(name, $"'{text}' does not fit: {error.Message}");
        }
    }

    private static string? TextOf(FieldInfo field, object? value) => value switch
    {
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        int or long or bool => Convert.ToString(value, CultureInfo.InvariantCulture),
        string word => word,
        IList<double> numbers => string.Join(' ', numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture))),
        _ when field.FieldType.IsEnum => value!.ToString(),
        _ => null,
    };

    private static object ValueOf(Type type, string text) =>
        type.IsEnum ? Enum.Parse(type, text)
        : type == typeof(bool) ? bool.Parse(text)
        : Convert.ChangeType(text, type, CultureInfo.InvariantCulture);

    // In place: others may hold the same list.
    private static void Fill(IList<double> list, double[] numbers)
    {
        for (var index = 0; index < numbers.Length; index++)
        {
            list[index] = numbers[index];
        }
    }
}

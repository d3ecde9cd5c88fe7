using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using FishCheckpoint.Api.Settings;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FishCheckpoint.Api.Tests.Documents;

/// <summary>The settings file and the README give every setting the default that the code gives it.</summary>
public sealed class SettingsTests
{
    private const string Section = FishSettings.Section;

    private static readonly Dictionary<string, object?> Defaults = Leaves(Section, new FishSettings()).ToDictionary(StringComparer.Ordinal);

    [Fact]
    public void File_OfSettings_HasTheDefaultsOfTheCode_AndNoOthers()
    {
        var file = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json")).Build();
        Assert.All(
            file.AsEnumerable().Where(setting => setting.Key.StartsWith($"{Section}:", StringComparison.Ordinal) && setting.Value is not null),
            setting => Assert.True(Defaults.ContainsKey(setting.Key), $"{setting.Key} is no setting."));
        Assert.Equal(Defaults, Leaves(Section, FishSettings.Of(file)).ToDictionary(StringComparer.Ordinal));
    }

    [Fact]
    public void Readme_NamesEverySettingWithItsDefault()
    {
        var told = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (Match row in Regex.Matches(Readme(), @"(?m)^\| (?<keys>`FishCheckpoint:[^|]*) \| (?<values>[^|]*) \|", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)))
        {
            var keys = row.Groups["keys"].Value.Split(", ").Select(key => key.Trim('`')).ToArray();
            var values = row.Groups["values"].Value.Split(", ");
            var parent = keys[0][..keys[0].LastIndexOf(':')];
            Assert.True(values.Length <= keys.Length, row.Value);
            for (var index = 0; index < keys.Length; index++)
            {
                var key = keys[index].StartsWith(':') ? parent + keys[index] : keys[index];
                Assert.True(Defaults.TryGetValue(key, out var actual), $"The README names {key}, which is no setting.");
                told[key] = Read(values[Math.Min(index, values.Length - 1)].Trim('`'), actual);
            }
        }

        Assert.Equal(Defaults.OrderBy(pair => pair.Key, StringComparer.Ordinal), told.OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }

    // What the text says, in the type of what it should say.
    private static object? Read(string text, object? actual) => (text, actual) switch
    {
        ("none", _) => null,
        (_, TimeSpan) => TimeSpan.Parse(text, CultureInfo.InvariantCulture),
        (_, bool) => bool.Parse(text),
        (_, Enum value) => Enum.Parse(value.GetType(), text),
        (_, int) => (int)Number(text),
        (_, long) => (long)Number(text),
        (_, double) => Number(text),
        _ => text,
    };

    private static double Number(string text)
    {
        var words = text.Split(' ');
        var unit = words.Length == 1 ? 0 : Array.IndexOf(["", "KiB", "MiB", "GiB", "TiB"], words[1]);
        return double.Parse(words[0], NumberStyles.Number, CultureInfo.InvariantCulture) * Math.Pow(1024, unit);
    }

    private static IEnumerable<KeyValuePair<string, object?>> Leaves(string path, object settings) =>
        settings.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).SelectMany(property =>
        {
            var (name, value) = ($"{path}:{property.Name}", property.GetValue(settings));
            return value?.GetType().DeclaringType == typeof(FishSettings) ? Leaves(name, value) : [KeyValuePair.Create(name, value)];
        });

    private static string Readme()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "FishCheckpoint.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return File.ReadAllText(Path.Combine(folder, "README.md"));
    }
}

using System.Text;

namespace FishCheckpoint.Cli.Completion;

/// <summary>Splits a line into words as shells do: at spaces that are not quoted. Nothing is expanded.</summary>
internal static class CommandWords
{
    /// <summary>The words. The first is the program; the last is incomplete, and empty after a space.</summary>
    public static List<string> Split(string line)
    {
        var (words, word, quote, isWord) = (new List<string>(), new StringBuilder(), '\0', false);
        for (var index = 0; index < line.Length; index++)
        {
            var letter = line[index];
            if (letter == '\\' && quote != '\'' && index + 1 < line.Length)
            {
                word.Append(line[++index]);
                isWord = true;
            }
            else if (quote == '\0' ? letter is '"' or '\'' : letter == quote)
            {
                quote = quote == '\0' ? letter : '\0';
                isWord = true;
            }
            else if (quote != '\0' || !char.IsWhiteSpace(letter))
            {
                word.Append(letter);
                isWord = true;
            }
            else if (isWord)
            {
                words.Add(word.ToString());
                word.Clear();
                isWord = false;
            }
        }

        words.Add(word.ToString());
        return words;
    }
}

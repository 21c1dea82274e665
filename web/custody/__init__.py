"""Where institutions fetch what is asked of them and leave what they answer. Nobody connects to an institution."""
